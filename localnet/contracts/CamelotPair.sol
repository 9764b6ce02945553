// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { DsMath } from "./DsMath.sol";

/// @notice What a pair asks of its factory.
interface ICamelotFactory {
    function owner() external view returns (address);
    function feePercentOwner() external view returns (address);
    function setStableOwner() external view returns (address);
    function feeInfo() external view returns (uint256 ownerFeeShare, address feeTo);
    function referrersFeeShare(address referrer) external view returns (uint256);
}

/// @notice What receives a swap with data.
interface IUniswapV2Callee {
    function uniswapV2Call(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external;
}

/// @title CamelotPair
/// @notice Twin of a Camelot V2 pair, which trades on x·y or on x³y + y³x, as its owner chooses.
/// @dev Reproduces: the fee by the token that goes in, `swap` with its checks in their order, its `uniswapV2Call`, the
/// referrer's share and (for stable pairs) the owner's, both of which leave during the swap while the rest of the fee stays;
/// quotes, whose iteration for stable pairs is not checked for overflow; the change of fees and of the curve; `mint` and
/// `burn` with the owner's share of growth, `skim`, `sync`, the LP token, the lock, every event of these.
/// Leaves out: `permit`, `drainWrongToken`.
contract CamelotPair {
    using DsMath for uint256;

    uint256 public constant MINIMUM_LIQUIDITY = 10 ** 3;
    uint256 public constant FEE_DENOMINATOR = 100000;
    uint256 public constant MAX_FEE_PERCENT = 2000;
    string public constant name = "Camelot LP";
    string public constant symbol = "CMLT-LP";
    uint8 public constant decimals = 18;

    address public immutable factory;
    address public token0;
    address public token1;
    bool public initialized;
    bool public stableSwap;
    bool public pairTypeImmutable;

    /// @dev The four share a slot.
    uint112 private _reserve0;
    uint112 private _reserve1;
    uint16 public token0FeePercent = 300;
    uint16 public token1FeePercent = 300;

    /// @notice 10 to the power of the token's decimals.
    uint256 public precisionMultiplier0;
    uint256 public precisionMultiplier1;
    /// @notice x·y after the last change of liquidity, while the owner has a share.
    uint256 public kLast;

    uint256 public totalSupply;
    mapping(address account => uint256 amount) public balanceOf;
    mapping(address account => mapping(address spender => uint256 amount)) public allowance;

    uint256 private _unlocked = 1;

    event FeePercentUpdated(uint16 token0FeePercent, uint16 token1FeePercent);
    event SetStableSwap(bool prevStableSwap, bool stableSwap);
    event SetPairTypeImmutable();
    event Mint(address indexed sender, uint256 amount0, uint256 amount1);
    event Burn(address indexed sender, uint256 amount0, uint256 amount1, address indexed to);
    event Swap(
        address indexed sender,
        uint256 amount0In,
        uint256 amount1In,
        uint256 amount0Out,
        uint256 amount1Out,
        address indexed to
    );
    event Sync(uint112 reserve0, uint112 reserve1);
    event Skim();
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Transfer(address indexed from, address indexed to, uint256 value);

    modifier lock() {
        require(_unlocked == 1, "CamelotPair: LOCKED");
        _unlocked = 0;
        _;
        _unlocked = 1;
    }

    constructor() {
        factory = msg.sender;
    }

    function initialize(address token0_, address token1_) external {
        require(msg.sender == factory && !initialized, "CamelotPair: FORBIDDEN");
        (token0, token1) = (token0_, token1_);
        precisionMultiplier0 = 10 ** IERC20Metadata(token0_).decimals();
        precisionMultiplier1 = 10 ** IERC20Metadata(token1_).decimals();
        initialized = true;
    }

    /* SETTINGS */

    /// @notice Sets what the pair takes of an input of token0 and of token1, in 1/100000.
    function setFeePercent(uint16 newToken0FeePercent, uint16 newToken1FeePercent) external lock {
        require(msg.sender == ICamelotFactory(factory).feePercentOwner(), "CamelotPair: only factory's feeAmountOwner");
        require(
            newToken0FeePercent <= MAX_FEE_PERCENT && newToken1FeePercent <= MAX_FEE_PERCENT,
            "CamelotPair: feePercent mustn't exceed the maximum"
        );
        require(
            newToken0FeePercent > 0 && newToken1FeePercent > 0,
            "CamelotPair: feePercent mustn't exceed the minimum"
        );
        (token0FeePercent, token1FeePercent) = (newToken0FeePercent, newToken1FeePercent);
        emit FeePercentUpdated(newToken0FeePercent, newToken1FeePercent);
    }

    /// @notice Changes the curve, provided that the reserves are the ones that the owner saw.
    function setStableSwap(bool stable, uint112 expectedReserve0, uint112 expectedReserve1) external lock {
        require(msg.sender == ICamelotFactory(factory).setStableOwner(), "CamelotPair: only factory's setStableOwner");
        require(!pairTypeImmutable, "CamelotPair: immutable");
        require(stable != stableSwap, "CamelotPair: no update");
        require(expectedReserve0 == _reserve0 && expectedReserve1 == _reserve1, "CamelotPair: failed");
        bool feeOn = _mintFee(_reserve0, _reserve1);
        emit SetStableSwap(stableSwap, stable);
        stableSwap = stable;
        kLast = (stable && feeOn) ? _k(_reserve0, _reserve1) : 0;
    }

    function setPairTypeImmutable() external lock {
        require(msg.sender == ICamelotFactory(factory).owner(), "CamelotPair: only factory's owner");
        require(!pairTypeImmutable, "CamelotPair: already immutable");
        pairTypeImmutable = true;
        emit SetPairTypeImmutable();
    }

    /* SWAP */

    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external {
        _swap(amount0Out, amount1Out, to, data, address(0));
    }

    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data, address referrer) external {
        _swap(amount0Out, amount1Out, to, data, referrer);
    }

    /// @dev One side of a swap.
    struct Side {
        address token;
        uint256 reserve;
        uint256 amountOut;
        uint256 feePercent;
        uint256 balance;
        uint256 amountIn;
        /// @dev What stays in the pair of the fee.
        uint256 remainingFee;
    }

    function _swap(
        uint256 amount0Out,
        uint256 amount1Out,
        address to,
        bytes calldata data,
        address referrer
    ) private lock {
        require(amount0Out > 0 || amount1Out > 0, "CamelotPair: INSUFFICIENT_OUTPUT_AMOUNT");
        require(amount0Out < _reserve0 && amount1Out < _reserve1, "CamelotPair: INSUFFICIENT_LIQUIDITY");
        Side memory side0 = Side(token0, _reserve0, amount0Out, token0FeePercent, 0, 0, 0);
        Side memory side1 = Side(token1, _reserve1, amount1Out, token1FeePercent, 0, 0, 0);
        require(to != side0.token && to != side1.token, "CamelotPair: INVALID_TO");
        if (amount0Out > 0) _send(side0.token, to, amount0Out);
        if (amount1Out > 0) _send(side1.token, to, amount1Out);
        if (data.length > 0) IUniswapV2Callee(to).uniswapV2Call(msg.sender, amount0Out, amount1Out, data);
        side0.balance = _balance(side0.token);
        side1.balance = _balance(side1.token);
        _receive(side0);
        _receive(side1);
        require(side0.amountIn > 0 || side1.amountIn > 0, "CamelotPair: INSUFFICIENT_INPUT_AMOUNT");
        side0.remainingFee = side0.amountIn.mul(side0.feePercent) / FEE_DENOMINATOR;
        side1.remainingFee = side1.amountIn.mul(side1.feePercent) / FEE_DENOMINATOR;
        _shareFees(side0, side1, referrer);
        if (side0.amountIn > 0) side0.balance = _balance(side0.token);
        if (side1.amountIn > 0) side1.balance = _balance(side1.token);
        require(
            _k(side0.balance.sub(side0.remainingFee), side1.balance.sub(side1.remainingFee)) >=
                _k(side0.reserve, side1.reserve),
            "CamelotPair: K"
        );
        _update(side0.balance, side1.balance);
        emit Swap(msg.sender, side0.amountIn, side1.amountIn, amount0Out, amount1Out, to);
    }

    function _receive(Side memory side) private pure {
        uint256 expected = side.reserve - side.amountOut;
        if (side.balance > expected) side.amountIn = side.balance - expected;
    }

    /// @dev Sends the referrer its share of the fee, and the owner of a stable pair its share of the rest.
    function _shareFees(Side memory side0, Side memory side1, address referrer) private {
        uint256 referrerShare = referrer != address(0) ? ICamelotFactory(factory).referrersFeeShare(referrer) : 0;
        if (referrerShare > 0) {
            _shareFee(side0, referrerShare, FEE_DENOMINATOR ** 2, referrer);
            _shareFee(side1, referrerShare, FEE_DENOMINATOR ** 2, referrer);
        }
        if (!stableSwap) return;
        (uint256 ownerShare, address feeTo) = ICamelotFactory(factory).feeInfo();
        if (feeTo == address(0)) return;
        ownerShare = FEE_DENOMINATOR.sub(referrerShare).mul(ownerShare);
        _shareFee(side0, ownerShare, FEE_DENOMINATOR ** 3, feeTo);
        _shareFee(side1, ownerShare, FEE_DENOMINATOR ** 3, feeTo);
    }

    function _shareFee(Side memory side, uint256 share, uint256 denominator, address to) private {
        if (side.amountIn == 0) return;
        uint256 fee = side.amountIn.mul(share).mul(side.feePercent) / denominator;
        side.remainingFee = side.remainingFee.sub(fee);
        _send(side.token, to, fee);
    }

    /// @notice Quotes `amountIn` units of `tokenIn`, fee included. Any address but `token0` counts as `token1`.
    function getAmountOut(uint256 amountIn, address tokenIn) external view returns (uint256) {
        bool zeroForOne = tokenIn == token0;
        uint256 feePercent = zeroForOne ? token0FeePercent : token1FeePercent;
        (uint256 reserveIn, uint256 reserveOut) = zeroForOne
            ? (_reserve0, _reserve1)
            : (uint256(_reserve1), uint256(_reserve0));
        if (!stableSwap) {
            uint256 kept = amountIn.mul(FEE_DENOMINATOR.sub(feePercent));
            return kept.mul(reserveOut).div(reserveIn.mul(FEE_DENOMINATOR).add(kept));
        }
        amountIn = amountIn.sub(amountIn.mul(feePercent) / FEE_DENOMINATOR);
        uint256 k = _k(_reserve0, _reserve1);
        (uint256 unitIn, uint256 unitOut) = zeroForOne
            ? (precisionMultiplier0, precisionMultiplier1)
            : (precisionMultiplier1, precisionMultiplier0);
        // From here on nothing is checked for overflow.
        unchecked {
            uint256 x = (reserveIn * 1e18) / unitIn;
            uint256 y = (reserveOut * 1e18) / unitOut;
            uint256 scaledOut = y - _solveY((amountIn * 1e18) / unitIn + x, k, y);
            return (scaledOut * unitOut) / 1e18;
        }
    }

    /* LIQUIDITY */

    function mint(address to) external lock returns (uint256 liquidity) {
        (uint112 before0, uint112 before1) = (_reserve0, _reserve1);
        (uint256 balance0, uint256 balance1) = (_balance(token0), _balance(token1));
        uint256 amount0 = balance0.sub(before0);
        uint256 amount1 = balance1.sub(before1);
        bool feeOn = _mintFee(before0, before1);
        uint256 supply = totalSupply;
        if (supply == 0) {
            liquidity = Math.sqrt(amount0.mul(amount1)).sub(MINIMUM_LIQUIDITY);
            _mint(address(0), MINIMUM_LIQUIDITY);
        } else {
            liquidity = Math.min(amount0.mul(supply).div(before0), amount1.mul(supply).div(before1));
        }
        require(liquidity > 0, "CamelotPair: INSUFFICIENT_LIQUIDITY_MINTED");
        _mint(to, liquidity);
        _update(balance0, balance1);
        if (feeOn) kLast = _k(_reserve0, _reserve1);
        emit Mint(msg.sender, amount0, amount1);
    }

    function burn(address to) external lock returns (uint256 amount0, uint256 amount1) {
        uint256 liquidity = balanceOf[address(this)];
        (uint256 balance0, uint256 balance1) = (_balance(token0), _balance(token1));
        bool feeOn = _mintFee(_reserve0, _reserve1);
        amount0 = liquidity.mul(balance0).div(totalSupply);
        amount1 = liquidity.mul(balance1).div(totalSupply);
        require(amount0 > 0 && amount1 > 0, "CamelotPair: INSUFFICIENT_LIQUIDITY_BURNED");
        balanceOf[address(this)] = balanceOf[address(this)].sub(liquidity);
        totalSupply = totalSupply.sub(liquidity);
        emit Transfer(address(this), address(0), liquidity);
        _send(token0, to, amount0);
        _send(token1, to, amount1);
        _update(_balance(token0), _balance(token1));
        if (feeOn) kLast = _k(_reserve0, _reserve1);
        emit Burn(msg.sender, amount0, amount1, to);
    }

    /// @notice Sends what the pair holds beyond its reserves to `to`.
    function skim(address to) external lock {
        _send(token0, to, _balance(token0).sub(_reserve0));
        _send(token1, to, _balance(token1).sub(_reserve1));
        emit Skim();
    }

    /// @notice Sets the reserves to what the pair holds.
    function sync() external lock {
        (uint256 balance0, uint256 balance1) = (_balance(token0), _balance(token1));
        require(balance0 != 0 && balance1 != 0, "CamelotPair: liquidity ratio not initialized");
        _update(balance0, balance1);
    }

    /// @dev Mints the owner its share of what sqrt(x·y) has grown by: volatile pairs pay the owner in liquidity.
    function _mintFee(uint256 reserve0, uint256 reserve1) private returns (bool feeOn) {
        if (stableSwap) return false;
        (uint256 ownerFeeShare, address feeTo) = ICamelotFactory(factory).feeInfo();
        feeOn = feeTo != address(0);
        if (!feeOn) {
            if (kLast != 0) kLast = 0;
            return false;
        }
        if (kLast == 0) return true;
        uint256 rootK = Math.sqrt(_k(reserve0, reserve1));
        uint256 rootKLast = Math.sqrt(kLast);
        if (rootK <= rootKLast) return true;
        uint256 d = (FEE_DENOMINATOR.mul(100) / ownerFeeShare).sub(100);
        uint256 numerator = totalSupply.mul(rootK.sub(rootKLast)).mul(100);
        uint256 denominator = rootK.mul(d).add(rootKLast.mul(100));
        uint256 liquidity = numerator.div(denominator);
        if (liquidity > 0) _mint(feeTo, liquidity);
    }

    /* LP TOKEN */

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _transfer(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        if (allowance[from][msg.sender] != type(uint256).max) {
            uint256 remaining = allowance[from][msg.sender].sub(value);
            allowance[from][msg.sender] = remaining;
            emit Approval(from, msg.sender, remaining);
        }
        _transfer(from, to, value);
        return true;
    }

    function _transfer(address from, address to, uint256 value) private {
        balanceOf[from] = balanceOf[from].sub(value);
        balanceOf[to] = balanceOf[to].add(value);
        emit Transfer(from, to, value);
    }

    function _mint(address to, uint256 value) private {
        totalSupply = totalSupply.add(value);
        balanceOf[to] = balanceOf[to].add(value);
        emit Transfer(address(0), to, value);
    }

    /* VIEWS */

    function getReserves() external view returns (uint112, uint112, uint16, uint16) {
        return (_reserve0, _reserve1, token0FeePercent, token1FeePercent);
    }

    function _update(uint256 balance0, uint256 balance1) private {
        require(balance0 <= type(uint112).max && balance1 <= type(uint112).max, "CamelotPair: OVERFLOW");
        (_reserve0, _reserve1) = (uint112(balance0), uint112(balance1));
        emit Sync(uint112(balance0), uint112(balance1));
    }

    function _send(address token, address to, uint256 value) private {
        (bool success, bytes memory answer) = token.call(abi.encodeCall(IERC20.transfer, (to, value)));
        require(success && (answer.length == 0 || abi.decode(answer, (bool))), "CamelotPair: TRANSFER_FAILED");
    }

    function _balance(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev x·y in units of the tokens, or x³y + y³x in 18 decimals.
    function _k(uint256 x, uint256 y) private view returns (uint256) {
        if (!stableSwap) return x.mul(y);
        uint256 scaledX = x.mul(1e18) / precisionMultiplier0;
        uint256 scaledY = y.mul(1e18) / precisionMultiplier1;
        uint256 product = scaledX.mul(scaledY) / 1e18;
        uint256 squares = (scaledX.mul(scaledX) / 1e18).add(scaledY.mul(scaledY) / 1e18);
        return product.mul(squares) / 1e18;
    }

    /// @dev Solves x³y + y³x = k for y by Newton's method from `y`. All numbers have 18 decimals; every division floors.
    function _solveY(uint256 x, uint256 k, uint256 y) private pure returns (uint256) {
        unchecked {
            for (uint256 i = 0; i < 255; i++) {
                uint256 previous = y;
                uint256 reached = _curve(x, y);
                if (reached < k) y += ((k - reached) * 1e18).div(_slope(x, y));
                else y -= ((reached - k) * 1e18).div(_slope(x, y));
                uint256 step = y > previous ? y - previous : previous - y;
                if (step <= 1) return y;
            }
            return y;
        }
    }

    /// @dev y³x + x³y. It floors elsewhere than `_k` does.
    function _curve(uint256 x, uint256 y) private pure returns (uint256) {
        unchecked {
            uint256 cubeY = (((y * y) / 1e18) * y) / 1e18;
            uint256 cubeX = (((x * x) / 1e18) * x) / 1e18;
            return (x * cubeY) / 1e18 + (cubeX * y) / 1e18;
        }
    }

    /// @dev The derivative of `_curve` by y: 3y²x + x³.
    function _slope(uint256 x, uint256 y) private pure returns (uint256) {
        unchecked {
            return (3 * x * ((y * y) / 1e18)) / 1e18 + (((x * x) / 1e18) * x) / 1e18;
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IERC20Metadata } from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";
import { SolidlyFees } from "./SolidlyFees.sol";

/// @notice What a pair asks of its factory.
interface ISolidlyFactory {
    function isPaused() external view returns (bool);
    function getFee(bool stable) external view returns (uint256);
    function getInitializable() external view returns (address, address, bool);
}

/// @notice What receives a swap with data.
interface ISolidlyCallee {
    function hook(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external;
}

/// @title SolidlyPair
/// @notice Twin of a Ramses V1 pair, volatile (x·y) or stable (x³y + y³x).
/// @dev Reproduces: reserves, `metadata`, quotes with Solidly v1's Newton iteration (it stops when a step is at most 1),
/// `swap` with its checks in their order and its `hook`, the fee that leaves for the fees contract during the swap, `mint`,
/// `burn`, `skim`, `sync`, the LP token, the lock, the pause, every event of these.
/// Leaves out: observations and time-weighted quotes, `permit`, the initializer of the upgradeable original, gauge and
/// voter. The whole fee goes to the fees contract: the original can leave a part of it in the pair or with the treasury,
/// which loosens K and never tightens it.
contract SolidlyPair {
    uint256 private constant MINIMUM_LIQUIDITY = 10 ** 3;
    uint8 public constant decimals = 18;

    address public immutable token0;
    address public immutable token1;
    bool public immutable stable;
    address public immutable fees;
    address private immutable _factory;
    /// @dev 10 to the power of the token's decimals.
    uint256 private immutable _unit0;
    uint256 private immutable _unit1;

    string public name;
    string public symbol;
    uint256 public totalSupply;
    mapping(address owner => mapping(address spender => uint256 amount)) public allowance;
    mapping(address owner => uint256 amount) public balanceOf;

    uint256 public reserve0;
    uint256 public reserve1;
    uint256 public blockTimestampLast;
    uint256 public reserve0CumulativeLast;
    uint256 public reserve1CumulativeLast;

    uint256 private _unlocked = 1;

    event Fees(address indexed sender, uint256 amount0, uint256 amount1);
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
    event Sync(uint256 reserve0, uint256 reserve1);
    event Claim(address indexed sender, address indexed recipient, uint256 amount0, uint256 amount1);
    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    modifier lock() {
        require(_unlocked == 1);
        _unlocked = 2;
        _;
        _unlocked = 1;
    }

    constructor() {
        _factory = msg.sender;
        (token0, token1, stable) = ISolidlyFactory(msg.sender).getInitializable();
        fees = address(new SolidlyFees());
        string memory symbols = string.concat(IERC20Metadata(token0).symbol(), "/", IERC20Metadata(token1).symbol());
        name = string.concat(stable ? "Correlated rAMM - " : "Volatile rAMM - ", symbols);
        symbol = string.concat(stable ? "crAMM-" : "vrAMM-", symbols);
        _unit0 = 10 ** IERC20Metadata(token0).decimals();
        _unit1 = 10 ** IERC20Metadata(token1).decimals();
    }

    /* SWAP */

    /// @notice Pays `amount0Out` and `amount1Out` to `to` against what has been transferred in, or what `to` transfers in
    /// during its `hook`, which is called when `data` is not empty.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external lock {
        require(!ISolidlyFactory(_factory).isPaused());
        require(amount0Out > 0 || amount1Out > 0, "IOA");
        (uint256 before0, uint256 before1) = (reserve0, reserve1);
        require(amount0Out < before0 && amount1Out < before1, "IL");
        require(to != token0 && to != token1, "IT");
        if (amount0Out > 0) _send(token0, to, amount0Out);
        if (amount1Out > 0) _send(token1, to, amount1Out);
        if (data.length > 0) ISolidlyCallee(to).hook(msg.sender, amount0Out, amount1Out, data);
        uint256 amount0In = _received(_balance(token0), before0 - amount0Out);
        uint256 amount1In = _received(_balance(token1), before1 - amount1Out);
        require(amount0In > 0 || amount1In > 0, "IIA");
        if (amount0In > 0) {
            uint256 fee0 = (amount0In * ISolidlyFactory(_factory).getFee(stable)) / 10000;
            _send(token0, fees, fee0);
            emit Fees(msg.sender, fee0, 0);
        }
        if (amount1In > 0) {
            uint256 fee1 = (amount1In * ISolidlyFactory(_factory).getFee(stable)) / 10000;
            _send(token1, fees, fee1);
            emit Fees(msg.sender, 0, fee1);
        }
        (uint256 balance0, uint256 balance1) = (_balance(token0), _balance(token1));
        require(_k(balance0, balance1) >= _k(before0, before1), "K");
        _update(balance0, balance1, before0, before1);
        emit Swap(msg.sender, amount0In, amount1In, amount0Out, amount1Out, to);
    }

    /// @notice Quotes `amountIn` units of `tokenIn`, fee included. Any address but `token0` counts as `token1`.
    function getAmountOut(uint256 amountIn, address tokenIn) external view returns (uint256) {
        amountIn -= (amountIn * ISolidlyFactory(_factory).getFee(stable)) / 10000;
        bool zeroForOne = tokenIn == token0;
        if (!stable) {
            (uint256 reserveIn, uint256 reserveOut) = zeroForOne ? (reserve0, reserve1) : (reserve1, reserve0);
            return (amountIn * reserveOut) / (reserveIn + amountIn);
        }
        uint256 k = _k(reserve0, reserve1);
        uint256 scaled0 = (reserve0 * 1e18) / _unit0;
        uint256 scaled1 = (reserve1 * 1e18) / _unit1;
        (uint256 x, uint256 y) = zeroForOne ? (scaled0, scaled1) : (scaled1, scaled0);
        (uint256 unitIn, uint256 unitOut) = zeroForOne ? (_unit0, _unit1) : (_unit1, _unit0);
        uint256 scaledIn = (amountIn * 1e18) / unitIn;
        uint256 scaledOut = y - _solveY(scaledIn + x, k, y);
        return (scaledOut * unitOut) / 1e18;
    }

    /* LIQUIDITY */

    function mint(address to) external lock returns (uint256 liquidity) {
        (uint256 before0, uint256 before1) = (reserve0, reserve1);
        (uint256 balance0, uint256 balance1) = (_balance(token0), _balance(token1));
        uint256 amount0 = balance0 - before0;
        uint256 amount1 = balance1 - before1;
        uint256 supply = totalSupply;
        if (supply == 0) {
            liquidity = Math.sqrt(amount0 * amount1) - MINIMUM_LIQUIDITY;
            _mint(address(0), MINIMUM_LIQUIDITY);
        } else {
            liquidity = Math.min((amount0 * supply) / before0, (amount1 * supply) / before1);
        }
        require(liquidity > 0, "ILM");
        _mint(to, liquidity);
        _update(balance0, balance1, before0, before1);
        emit Mint(msg.sender, amount0, amount1);
    }

    function burn(address to) external lock returns (uint256 amount0, uint256 amount1) {
        (uint256 before0, uint256 before1) = (reserve0, reserve1);
        uint256 liquidity = balanceOf[address(this)];
        amount0 = (liquidity * _balance(token0)) / totalSupply;
        amount1 = (liquidity * _balance(token1)) / totalSupply;
        require(amount0 > 0 && amount1 > 0, "ILB");
        totalSupply -= liquidity;
        balanceOf[address(this)] -= liquidity;
        emit Transfer(address(this), address(0), liquidity);
        _send(token0, to, amount0);
        _send(token1, to, amount1);
        _update(_balance(token0), _balance(token1), before0, before1);
        emit Burn(msg.sender, amount0, amount1, to);
    }

    /// @notice Sends what the pair holds beyond its reserves to `to`.
    function skim(address to) external lock {
        _send(token0, to, _balance(token0) - reserve0);
        _send(token1, to, _balance(token1) - reserve1);
    }

    /// @notice Sets the reserves to what the pair holds.
    function sync() external lock {
        _update(_balance(token0), _balance(token1), reserve0, reserve1);
    }

    function claimFees() external returns (uint256 claimed0, uint256 claimed1) {
        (claimed0, claimed1) = SolidlyFees(fees).claimFeesFor();
        emit Claim(msg.sender, msg.sender, claimed0, claimed1);
    }

    /* LP TOKEN */

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (msg.sender != from && allowed != type(uint256).max) {
            allowance[from][msg.sender] = allowed - amount;
            emit Approval(from, msg.sender, allowed - amount);
        }
        _transfer(from, to, amount);
        return true;
    }

    /* VIEWS */

    function getReserves() external view returns (uint256, uint256, uint256) {
        return (reserve0, reserve1, blockTimestampLast);
    }

    function metadata()
        external
        view
        returns (uint256 dec0, uint256 dec1, uint256 r0, uint256 r1, bool st, address t0, address t1)
    {
        return (_unit0, _unit1, reserve0, reserve1, stable, token0, token1);
    }

    function tokens() external view returns (address, address) {
        return (token0, token1);
    }

    function _transfer(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }

    function _mint(address to, uint256 amount) private {
        totalSupply += amount;
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function _update(uint256 balance0, uint256 balance1, uint256 before0, uint256 before1) private {
        uint256 elapsed = block.timestamp - blockTimestampLast;
        if (elapsed > 0 && before0 != 0 && before1 != 0) {
            reserve0CumulativeLast += before0 * elapsed;
            reserve1CumulativeLast += before1 * elapsed;
        }
        reserve0 = balance0;
        reserve1 = balance1;
        blockTimestampLast = block.timestamp;
        emit Sync(balance0, balance1);
    }

    /// @dev Every failure has empty revert data, whatever the token says.
    function _send(address token, address to, uint256 amount) private {
        require(token.code.length > 0);
        (bool success, bytes memory answer) = token.call(abi.encodeCall(IERC20.transfer, (to, amount)));
        require(success && (answer.length == 0 || abi.decode(answer, (bool))));
    }

    function _balance(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev x·y in units of the tokens, or x³y + y³x in 18 decimals.
    function _k(uint256 x, uint256 y) private view returns (uint256) {
        if (!stable) return x * y;
        uint256 scaledX = (x * 1e18) / _unit0;
        uint256 scaledY = (y * 1e18) / _unit1;
        uint256 product = (scaledX * scaledY) / 1e18;
        uint256 squares = (scaledX * scaledX) / 1e18 + (scaledY * scaledY) / 1e18;
        return (product * squares) / 1e18;
    }

    function _received(uint256 balance, uint256 expected) private pure returns (uint256) {
        return balance > expected ? balance - expected : 0;
    }

    /// @dev Solves x³y + y³x = k for y by Newton's method from `y`. All numbers have 18 decimals; every division floors.
    function _solveY(uint256 x, uint256 k, uint256 y) private pure returns (uint256) {
        for (uint256 i = 0; i < 255; i++) {
            uint256 previous = y;
            uint256 reached = _curve(x, y);
            if (reached < k) {
                y += ((k - reached) * 1e18) / _slope(x, y);
            } else {
                y -= ((reached - k) * 1e18) / _slope(x, y);
            }
            uint256 step = y > previous ? y - previous : previous - y;
            if (step <= 1) break;
        }
        return y;
    }

    /// @dev y³x + x³y. It floors elsewhere than `_k` does.
    function _curve(uint256 x, uint256 y) private pure returns (uint256) {
        uint256 cubeY = (((y * y) / 1e18) * y) / 1e18;
        uint256 cubeX = (((x * x) / 1e18) * x) / 1e18;
        return (x * cubeY) / 1e18 + (cubeX * y) / 1e18;
    }

    /// @dev The derivative of `_curve` by y: 3y²x + x³.
    function _slope(uint256 x, uint256 y) private pure returns (uint256) {
        return (3 * x * ((y * y) / 1e18)) / 1e18 + (((x * x) / 1e18) * x) / 1e18;
    }
}

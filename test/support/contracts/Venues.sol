// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Puller
/// @notice Stands for DODOApprove: what callers of a DODO pattern approve, and never the contract that they call.
contract Puller {
    using SafeERC20 for IERC20;

    error NotAllowed(address caller);

    mapping(address caller => bool) public isAllowed;

    function allow(address caller) external {
        isAllowed[caller] = true;
    }

    function claimTokens(address token, address from, address to, uint256 amount) external {
        if (!isAllowed[msg.sender]) revert NotAllowed(msg.sender);
        IERC20(token).safeTransferFrom(from, to, amount);
    }
}

/// @notice The callbacks of the pools of Uniswap V3, its forks and Algebra.
interface ISwapPayer {
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;

    function pancakeV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;

    function ramsesV2SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;

    function algebraSwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;
}

/// @title VenueAtFixedRate
/// @notice Answers all seven call patterns, each as its venue defines it, and swaps out of its own balance at rates that
/// anyone can set. With a puller it is the routers, and a pool of Uniswap V3; without one it is a pool of two tokens, in all
/// patterns. A pair pays a rate at the margin only: it has the curve of Uniswap V2. The other venues of this file depart from
/// it in the one point that their name tells.
/// @dev The signatures are written out here and not taken from contracts/venues, so that a mistake there shows.
contract VenueAtFixedRate {
    using SafeERC20 for IERC20;

    struct Route {
        address from;
        address to;
        bool stable;
    }

    struct RouteOfFactory {
        address from;
        address to;
        bool stable;
        address factory;
    }

    struct ExactInputSingleParams {
        address tokenIn;
        address tokenOut;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 limitSqrtPrice;
    }

    struct SingleSwap {
        bytes32 poolId;
        uint8 kind;
        address assetIn;
        address assetOut;
        uint256 amount;
        bytes userData;
    }

    struct FundManagement {
        address sender;
        bool fromInternalBalance;
        address recipient;
        bool toInternalBalance;
    }

    /// @dev How the venue gets the input: it pulls it itself or by {Puller}, calls back for it, or was sent it before.
    enum Payment {
        Pulled,
        PulledByPuller,
        CalledBack,
        Sent
    }

    /// @dev A swap without its pattern.
    struct Swap {
        address tokenIn;
        address tokenOut;
        uint256 amountIn;
        uint256 minOut;
        address recipient;
        Payment payment;
        /// @dev What the venue calls back with.
        bytes callback;
    }

    error Expired(uint256 deadline);
    error TooLittle(uint256 amountOut, uint256 minOut);
    error WrongValue(uint256 value, uint256 expected);
    error ZeroRecipient();
    error ForeignSender(address sender);
    error WrongArguments();
    error NotPaid(uint256 paid, uint256 owed);
    error PoolsDoNotPull();
    error BeyondCurve(uint256 amountIn, uint256 amountOut);

    address internal constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 internal constant ONE = 1e18;
    uint256 internal constant PPM = 1e6;
    uint256 internal constant PAIR_RESERVE = 1e33;
    uint160 internal constant MIN_SQRT_RATIO = 4295128739;
    uint160 internal constant MAX_SQRT_RATIO = 1461446703485210103287273052203988822378723970342;

    /// @dev Zero for a pool.
    Puller public immutable PULLER;

    /// @notice Units of `tokenOut` for one unit of `tokenIn`, with 18 decimals. One where none is set.
    mapping(address tokenIn => mapping(address tokenOut => uint256)) private _rateE18;

    /// @dev What the venue holds as a pair, by its own books.
    mapping(address token => uint256) private _reserve;

    /// @dev What a pool found after its last swap: the rest was sent since.
    mapping(address token => uint256) private _counted;

    /// @notice What the venue keeps of its input as a pair, in millionths.
    uint256 public feePpm;

    /// @notice Who received the output of each swap.
    address[] public recipients;

    /// @notice What the venue trades as a pool, in the order of the addresses.
    address public token0;
    address public token1;

    /// @notice The name of the callback of the venue as a pool of Uniswap V3 or Algebra.
    bytes4 public callbackSelector = ISwapPayer.uniswapV3SwapCallback.selector;

    constructor(Puller puller) {
        PULLER = puller;
    }

    receive() external payable {}

    /// @notice Sets what the venue pays for a token, and as a pair what it holds of both.
    function setRateE18(address tokenIn, address tokenOut, uint256 rateE18) external {
        _rateE18[tokenIn][tokenOut] = rateE18;
        (_reserve[tokenIn], _reserve[tokenOut]) = (PAIR_RESERVE, (PAIR_RESERVE * rateE18) / ONE);
    }

    /// @notice Makes the venue a pool of two tokens: what comes to it from now on was sent to be swapped.
    function setPair(address a, address b) external {
        (token0, token1) = a < b ? (a, b) : (b, a);
        if (_isPool()) _count(a, b);
    }

    function setFeePpm(uint256 feePpm_) external {
        feePpm = feePpm_;
    }

    function setCallback(bytes4 selector) external {
        callbackSelector = selector;
    }

    function quote(address tokenIn, address tokenOut, uint256 amountIn) public view returns (uint256) {
        uint256 rateE18 = _rateE18[tokenIn][tokenOut];
        return rateE18 == 0 ? amountIn : (amountIn * rateE18) / ONE;
    }

    /* PATTERNS */

    /// @notice Solidly.
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        Route[] calldata routes,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts) {
        _checkDeadline(deadline);
        if (routes.length != 1) revert WrongArguments();
        amounts = new uint256[](2);
        amounts[0] = amountIn;
        amounts[1] = _swap(_pulled(routes[0].from, routes[0].to, amountIn, amountOutMin, to));
    }

    /// @notice Velodrome V2. The factory of a route may not be zero: its router has a default for that.
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        RouteOfFactory[] calldata routes,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts) {
        _checkDeadline(deadline);
        if (routes.length != 1 || routes[0].factory == address(0)) revert WrongArguments();
        amounts = new uint256[](2);
        amounts[0] = amountIn;
        amounts[1] = _swap(_pulled(routes[0].from, routes[0].to, amountIn, amountOutMin, to));
    }

    /// @notice Camelot V2, which answers nothing.
    function swapExactTokensForTokensSupportingFeeOnTransferTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        address referrer,
        uint256 deadline
    ) external {
        _checkDeadline(deadline);
        if (path.length != 2 || referrer != address(0)) revert WrongArguments();
        _swap(_pulled(path[0], path[1], amountIn, amountOutMin, to));
    }

    /// @notice Uniswap V2.
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts) {
        _checkDeadline(deadline);
        if (path.length != 2) revert WrongArguments();
        amounts = new uint256[](2);
        amounts[0] = amountIn;
        amounts[1] = _swap(_pulled(path[0], path[1], amountIn, amountOutMin, to));
    }

    /// @notice Uniswap V3 and Algebra: swaps between the two tokens of `setPair`, up to the end of the range of prices.
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1) {
        uint160 farthest = zeroForOne ? MIN_SQRT_RATIO + 1 : MAX_SQRT_RATIO - 1;
        if (amountSpecified <= 0 || sqrtPriceLimitX96 != farthest) revert WrongArguments();
        Swap memory s;
        (s.tokenIn, s.tokenOut) = zeroForOne ? (token0, token1) : (token1, token0);
        s.amountIn = uint256(amountSpecified);
        s.recipient = recipient;
        s.payment = Payment.CalledBack;
        s.callback = data;
        return _changes(s, s.amountIn, _swap(s));
    }

    /// @notice Algebra.
    function exactInputSingle(ExactInputSingleParams calldata params) external payable returns (uint256 amountOut) {
        _checkDeadline(params.deadline);
        return
            _swap(_pulled(params.tokenIn, params.tokenOut, params.amountIn, params.amountOutMinimum, params.recipient));
    }

    /// @notice A pair of Uniswap V2 or Solidly: pays what it is asked for, if its curve allows that for what it was sent.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external {
        if ((amount0Out == 0) == (amount1Out == 0) || data.length != 0) revert WrongArguments();
        (address tokenIn, address tokenOut) = amount0Out == 0 ? (token0, token1) : (token1, token0);
        uint256 amountIn = _sent(tokenIn);
        uint256 amountOut = amount0Out + amount1Out;
        (uint256 reserveIn, uint256 reserveOut) = (_reserve[tokenIn], _reserve[tokenOut]);
        uint256 product = (reserveIn * PPM + amountIn * (PPM - feePpm)) * (reserveOut - amountOut);
        if (product < reserveIn * reserveOut * PPM) revert BeyondCurve(amountIn, amountOut);
        (_reserve[tokenIn], _reserve[tokenOut]) = (reserveIn + amountIn, reserveOut - amountOut);
        _exchange(_given(tokenIn, tokenOut, amountIn, 0, to, Payment.Sent), amountOut);
    }

    /// @notice A pair of Uniswap V2 or Solidly.
    function getReserves() external view returns (uint256 reserve0, uint256 reserve1) {
        return (_reserve[token0], _reserve[token1]);
    }

    /// @notice A pair of Solidly.
    function getAmountOut(uint256 amountIn, address tokenIn) external view returns (uint256) {
        uint256 kept = amountIn * (PPM - feePpm);
        address tokenOut = tokenIn == token0 ? token1 : token0;
        return (kept * _reserve[tokenOut]) / (_reserve[tokenIn] * PPM + kept);
    }

    /// @notice Uniswap V3. The price is that of the pair.
    function slot0() external view returns (uint160 sqrtPriceX96) {
        return _sqrtPriceX96();
    }

    /// @notice Algebra.
    function globalState() external view returns (uint160 price) {
        return _sqrtPriceX96();
    }

    /// @notice WOOFi: its router pulls, its pool takes what it was sent.
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address payable to,
        address
    ) external payable returns (uint256 realToAmount) {
        uint256 expected = fromToken == ETHER ? fromAmount : 0;
        if (msg.value != expected) revert WrongValue(msg.value, expected);
        if (_isPool() && (fromToken == ETHER || toToken == ETHER)) revert WrongArguments();
        Payment payment = _isPool() ? Payment.Sent : Payment.Pulled;
        return _swap(_given(fromToken, toToken, fromAmount, minToAmount, to, payment));
    }

    /// @notice A pool of DODO: sells all that it was sent.
    function sellBase(address to) external returns (uint256 receiveQuoteAmount) {
        return _swap(_given(token0, token1, _sent(token0), 0, to, Payment.Sent));
    }

    /// @notice A pool of DODO.
    function sellQuote(address to) external returns (uint256 receiveBaseAmount) {
        return _swap(_given(token1, token0, _sent(token1), 0, to, Payment.Sent));
    }

    /// @notice DODO. Its minimum may not be zero.
    function externalSwap(
        address fromToken,
        address toToken,
        address,
        address,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        bytes calldata,
        bytes calldata,
        uint256 deadLine
    ) external payable returns (uint256 receiveAmount) {
        _checkDeadline(deadLine);
        if (minReturnAmount == 0) revert WrongArguments();
        return _swapPulledByPuller(fromToken, toToken, fromTokenAmount, minReturnAmount);
    }

    /// @notice DODO. Its minimum may not be zero.
    /// @dev In memory: so many parameters in calldata are too many for the stack.
    function mixSwap(
        address fromToken,
        address toToken,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        address[] memory,
        address[] memory,
        address[] memory,
        uint256,
        bytes[] memory,
        bytes memory,
        uint256 deadLine
    ) external payable returns (uint256 receiveAmount) {
        _checkDeadline(deadLine);
        if (minReturnAmount == 0) revert WrongArguments();
        return _swapPulledByPuller(fromToken, toToken, fromTokenAmount, minReturnAmount);
    }

    /// @notice Balancer.
    function swap(
        SingleSwap calldata singleSwap,
        FundManagement calldata funds,
        uint256 limit,
        uint256 deadline
    ) external payable returns (uint256 amountCalculated) {
        _checkDeadline(deadline);
        if (singleSwap.kind != 0 || funds.fromInternalBalance || funds.toInternalBalance) revert WrongArguments();
        if (funds.sender != msg.sender) revert ForeignSender(funds.sender);
        return _swap(_pulled(singleSwap.assetIn, singleSwap.assetOut, singleSwap.amount, limit, funds.recipient));
    }

    /* SWAP */

    function _swapPulledByPuller(
        address tokenIn,
        address tokenOut,
        uint256 amountIn,
        uint256 minOut
    ) private returns (uint256 amountOut) {
        return _swap(_given(tokenIn, tokenOut, amountIn, minOut, msg.sender, Payment.PulledByPuller));
    }

    function _swap(Swap memory s) private returns (uint256) {
        return _exchange(s, quote(s.tokenIn, s.tokenOut, s.amountIn));
    }

    function _exchange(Swap memory s, uint256 quoted) private returns (uint256 amountOut) {
        amountOut = quoted;
        if (s.recipient == address(0)) revert ZeroRecipient();
        if (amountOut < s.minOut) revert TooLittle(amountOut, s.minOut);
        recipients.push(s.recipient);
        // A pool of Uniswap V3 pays before it is paid.
        if (s.payment == Payment.CalledBack) amountOut = _give(s, amountOut);
        _take(s);
        if (s.payment != Payment.CalledBack) amountOut = _give(s, amountOut);
        if (_isPool()) _count(s.tokenIn, s.tokenOut);
        _finish(s.payment == Payment.CalledBack ? uint256(-int256(amountOut)) : amountOut);
    }

    /// @dev Takes the input from the caller.
    function _take(Swap memory s) internal virtual {
        if (s.tokenIn != ETHER) _pull(s, s.amountIn);
    }

    /// @dev Pays the output, and returns what the answer says about it.
    function _give(Swap memory s, uint256 amountOut) internal virtual returns (uint256 reported) {
        _pay(s, amountOut);
        return amountOut;
    }

    /// @dev Runs after all else: may end the call with another answer.
    /// @param lastWord The word of the answer that says what was paid.
    function _finish(uint256 lastWord) internal virtual {}

    function _pull(Swap memory s, uint256 amount) internal {
        if (s.payment == Payment.PulledByPuller) PULLER.claimTokens(s.tokenIn, msg.sender, address(this), amount);
        else if (s.payment == Payment.CalledBack) _callBack(s, amount);
        else if (s.payment == Payment.Sent) _requirePaid(_sent(s.tokenIn), amount);
        else if (_isPool()) revert PoolsDoNotPull();
        else IERC20(s.tokenIn).safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @dev Calls back for `amount` of the input, and checks that as much arrives.
    function _callBack(Swap memory s, uint256 amount) private {
        uint256 balanceBefore = IERC20(s.tokenIn).balanceOf(address(this));
        (int256 amount0, int256 amount1) = _changes(s, amount, quote(s.tokenIn, s.tokenOut, s.amountIn));
        Address.functionCall(msg.sender, abi.encodeWithSelector(callbackSelector, amount0, amount1, s.callback));
        _requirePaid(IERC20(s.tokenIn).balanceOf(address(this)) - balanceBefore, amount);
    }

    function _requirePaid(uint256 paid, uint256 owed) private pure {
        if (paid < owed) revert NotPaid(paid, owed);
    }

    function _isPool() private view returns (bool) {
        return address(PULLER) == address(0);
    }

    /// @dev Returns what came to a pool since its last swap.
    function _sent(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this)) - _counted[token];
    }

    function _count(address a, address b) private {
        (_counted[a], _counted[b]) = (IERC20(a).balanceOf(address(this)), IERC20(b).balanceOf(address(this)));
    }

    function _sqrtPriceX96() private view returns (uint160) {
        return uint160(Math.sqrt((_reserve[token1] << 96) / _reserve[token0]) << 48);
    }

    /// @dev Returns what a swap changes the balances of a pool of Uniswap V3 by.
    function _changes(
        Swap memory s,
        uint256 amountIn,
        uint256 amountOut
    ) private view returns (int256 amount0, int256 amount1) {
        (amount0, amount1) = (int256(amountIn), -int256(amountOut));
        if (s.tokenIn != token0) (amount0, amount1) = (amount1, amount0);
    }

    function _pay(Swap memory s, uint256 amount) internal {
        if (s.tokenOut == ETHER) Address.sendValue(payable(s.recipient), amount);
        else IERC20(s.tokenOut).safeTransfer(s.recipient, amount);
    }

    function _pulled(
        address tokenIn,
        address tokenOut,
        uint256 amountIn,
        uint256 minOut,
        address recipient
    ) private pure returns (Swap memory) {
        return _given(tokenIn, tokenOut, amountIn, minOut, recipient, Payment.Pulled);
    }

    function _given(
        address tokenIn,
        address tokenOut,
        uint256 amountIn,
        uint256 minOut,
        address recipient,
        Payment payment
    ) private pure returns (Swap memory) {
        return Swap(tokenIn, tokenOut, amountIn, minOut, recipient, payment, "");
    }

    function _checkDeadline(uint256 deadline) private view {
        if (deadline < block.timestamp) revert Expired(deadline);
    }
}

/// @title VenuePayingLessThanItSays
/// @notice Pays one unit less than it reports.
contract VenuePayingLessThanItSays is VenueAtFixedRate {
    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _give(Swap memory s, uint256 amountOut) internal override returns (uint256) {
        _pay(s, amountOut - 1);
        return amountOut;
    }
}

/// @title VenuePayingNothing
/// @notice Takes the input, pays nothing and says so.
contract VenuePayingNothing is VenueAtFixedRate {
    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _give(Swap memory, uint256) internal pure override returns (uint256) {
        return 0;
    }
}

/// @title VenueTakingLessThanGiven
/// @notice Leaves one unit of the input with the caller and pays as if it had taken all.
contract VenueTakingLessThanGiven is VenueAtFixedRate {
    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _take(Swap memory s) internal override {
        if (s.tokenIn == ETHER) Address.sendValue(payable(msg.sender), 1);
        else _pull(s, s.amountIn - 1);
    }
}

/// @title VenueTakingMoreThanGiven
/// @notice Tries to take one unit more of the input than it was given.
contract VenueTakingMoreThanGiven is VenueAtFixedRate {
    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _take(Swap memory s) internal override {
        _pull(s, s.amountIn + 1);
    }
}

/// @title VenueReentering
/// @notice Makes prepared calls in the middle of a swap, keeps what they answered, and swaps honestly.
contract VenueReentering is VenueAtFixedRate {
    struct Attempt {
        address target;
        bytes payload;
    }

    Attempt[] private _attempts;

    /// @notice What each of the prepared calls answered.
    bool[] public succeeded;
    bytes[] public answers;

    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function prepare(address target, bytes calldata payload) external {
        _attempts.push(Attempt(target, payload));
    }

    function attempts() external view returns (uint256 made) {
        return answers.length;
    }

    function _take(Swap memory s) internal override {
        super._take(s);
        for (uint256 i = 0; i < _attempts.length; ++i) {
            (bool success, bytes memory answer) = _attempts[i].target.call(_attempts[i].payload);
            succeeded.push(success);
            answers.push(answer);
        }
    }
}

/// @title VenueAnsweringAtLength
/// @notice Swaps honestly and answers with a hundred kilobytes, of which the last word is the amount.
contract VenueAnsweringAtLength is VenueAtFixedRate {
    uint256 private constant ANSWER_BYTES = 100_000;

    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _finish(uint256 lastWord) internal pure override {
        bytes memory answer = new bytes(ANSWER_BYTES);
        assembly ("memory-safe") {
            mstore(add(answer, ANSWER_BYTES), lastWord)
            return(add(answer, 0x20), ANSWER_BYTES)
        }
    }
}

/// @title VenueAnsweringNothing
/// @notice Swaps honestly and answers with no data.
contract VenueAnsweringNothing is VenueAtFixedRate {
    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _finish(uint256) internal pure override {
        assembly ("memory-safe") {
            return(0, 0)
        }
    }
}

/// @title VenueSendingEther
/// @notice Swaps honestly and sends the caller one wei.
contract VenueSendingEther is VenueAtFixedRate {
    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _finish(uint256) internal override {
        Address.sendValue(payable(msg.sender), 1);
    }
}

/// @title VenueRevertingAtLength
/// @notice Swaps honestly and then reverts with a hundred kilobytes.
contract VenueRevertingAtLength is VenueAtFixedRate {
    uint256 private constant REASON_BYTES = 100_000;

    constructor(Puller puller) VenueAtFixedRate(puller) {}

    function _finish(uint256) internal pure override {
        bytes memory reason = new bytes(REASON_BYTES);
        assembly ("memory-safe") {
            revert(add(reason, 0x20), REASON_BYTES)
        }
    }
}
